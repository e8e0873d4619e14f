"""What every room stands on: database, unit of work, permissions, lifecycles, fields, vocabularies."""
