"""How many threads numpy's products take.

Learning multiplies large tables and gains by a thread a processor. Answering multiplies one text's few hundred thousand
numbers: there several threads wait for one another longer than they reckon, and on a busy machine much longer (a
suggestion took 8 ms at the median and 47 ms at p99 with two threads, 2 ms and 5 ms with one).
"""

from __future__ import annotations

from threadpoolctl import threadpool_limits


def one_each() -> threadpool_limits:
    """From now on one thread a product, in the whole process; as a context manager, until it ends."""
    import numpy as np  # noqa: F401  the limit reaches only libraries that are loaded

    return threadpool_limits(limits=1, user_api="blas")
