"""How the TensorFlow processes of several hosts find each other."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf

PORT = 7790  # of the first worker; the next ones follow


@contextmanager
def joined(run) -> Iterator[tf.distribute.Strategy]:
    """Give the strategy by which the workers share their gradients; alone, one that leaves them as they are.

    Enter it before TensorFlow's first operation: it joins no other process once it works alone.

    Args:
        run: what the job says of its workers: `rank`, `size`, and `addresses` in the order of rank.
    """
    if run.size == 1:
        yield tf.distribute.get_strategy()
        return
    workers = [f"{address}:{PORT + rank}" for rank, address in enumerate(run.addresses)]
    task = {"type": "worker", "index": run.rank}
    os.environ["TF_CONFIG"] = json.dumps({"cluster": {"worker": workers}, "task": task})
    # Keras 3 keeps its weights outside a strategy, which can then use one device of a host: its first GPU.
    tf.config.set_visible_devices(tf.config.list_physical_devices("GPU")[:1], "GPU")
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    # TensorFlow has now taken SIGTERM for itself, without Python's knowledge; whoever listened before does so again.
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGTERM))
    yield strategy
