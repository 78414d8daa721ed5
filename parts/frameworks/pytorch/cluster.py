"""Several GPUs and hosts: torchrun starts a process for each, and their gradients are averaged."""

import os
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

PORT = 7777


def launch(hosts: Sequence[str], rank: int, interface: str) -> list[str]:
    """Give the command that starts this host's processes; nothing, where one in all is enough.

    Args:
        hosts: names of the hosts.
        rank: this host's number.
        interface: name of the network interface that the hosts share.
    """
    processes = max(1, torch.cuda.device_count())
    if len(hosts) * processes == 1:
        return []
    if interface in (name for _, name in socket.if_nameindex()):
        os.environ.setdefault("GLOO_SOCKET_IFNAME", interface)
        os.environ.setdefault("NCCL_SOCKET_IFNAME", interface)
    return [
        *(sys.executable, "-m", "torch.distributed.run"),
        *(f"--nnodes={len(hosts)}", f"--node-rank={rank}", f"--nproc-per-node={processes}"),
        *(f"--master-addr={hosts[0] if len(hosts) > 1 else '127.0.0.1'}", f"--master-port={PORT}"),
    ]


@contextmanager
def joined(run) -> Iterator[tuple[torch.device, Callable[[nn.Module], nn.Module]]]:
    """Give the device of this process, and a function that shares a network's gradients with the others."""
    has_gpu = torch.cuda.is_available()
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0))) if has_gpu else torch.device("cpu")
    if run.size == 1:
        yield device, lambda network: network
        return
    if has_gpu:
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if has_gpu else "gloo")
    yield device, DistributedDataParallel
    distributed.destroy_process_group()
