"""The papers' optimizer, learning-rate schedules and moving averages."""
