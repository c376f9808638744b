"""The embedded cluster: the part of the Kubernetes API that Berth uses, in one process, kept in one SQLite file."""
