"""Users' photos, and the sheets and videos that are shown."""
