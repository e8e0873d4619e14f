"""The desk: notes, files, tasks, filters, board, workload: what brokers do around the pairings."""
