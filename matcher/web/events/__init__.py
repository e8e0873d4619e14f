"""Pages of meeting days: for who organises them and for who takes part."""
