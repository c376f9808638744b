"""Berth's sight of, and hand on, a Kubernetes cluster. No Django here; objects are plain dicts outside `records`."""
