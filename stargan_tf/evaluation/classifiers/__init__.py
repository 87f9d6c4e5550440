"""A classifier of a run's labels, trained on its real images: a judge of translations."""
