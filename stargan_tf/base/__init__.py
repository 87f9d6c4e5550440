"""What every other room stands on: errors, files, options, Keras' versions."""
