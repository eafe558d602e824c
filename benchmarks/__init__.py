"""``make bench``: figures of this machine, each beside a baseline measured in the same run (docs/benchmarks.md)."""
