"""StarGAN-VC2: conversion that knows the source and the target (arXiv 1907.12279)."""
