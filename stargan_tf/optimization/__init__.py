"""The optimizer and the schedules of the papers."""
