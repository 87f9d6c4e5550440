"""The drawn faces that come with the package."""
