"""Workbooks and files in and out: templates, reading with a verdict per row, writing."""
