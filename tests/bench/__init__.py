"""How fast, how big: the list page at 1,000 and 10,000 Services with five pods each, beside a raw LIST.

`python -m tests.bench` fills an embedded cluster, or the one of BERTH_KUBECONFIG, and measures a console against it.
"""
