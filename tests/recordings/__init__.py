"""What the real control plane was seen to do, recorded in files; the embedded cluster is held to them."""
