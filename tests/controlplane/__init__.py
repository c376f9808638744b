"""A real control plane for tests: etcd, API server, controllers, scheduler; nodes, pods, logs and usage from kwok.

`python -m tests.controlplane build` builds it from Go modules (once), `start` runs one in the foreground.
"""
