"""Public pages of 立题: lists open now, notices, awards, the archive, and the news as a feed."""
