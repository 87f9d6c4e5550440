"""What runs beside a TFLite file on a device; each script can be copied there by itself."""
