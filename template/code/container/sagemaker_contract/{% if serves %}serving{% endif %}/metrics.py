"""Figures for Prometheus, which add up over the worker processes."""

import os
import tempfile

FOLDER = "PROMETHEUS_MULTIPROC_DIR"


class Metrics:
    """Counts requests; prometheus_client is imported by servers that do so, and no others."""

    def __init__(self) -> None:
        import prometheus_client as prometheus

        self._prometheus = prometheus
        self.content_type = prometheus.CONTENT_TYPE_LATEST
        self._requests = prometheus.Counter("inference_requests", "Requests answered", ["route", "status"])
        self._seconds = prometheus.Histogram("inference_seconds", "Seconds from body to answer", ["route"])
        self._rows = prometheus.Counter("inference_rows", "Rows predicted", ["route"])
        self._loaded = prometheus.Gauge(
            "inference_model_loaded", "1 where the worker asked last has its model", multiprocess_mode="mostrecent"
        )

    def count(self, route: str, status: int, seconds: float, rows: int) -> None:
        """Count a request."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        self._rows.labels(route).inc(rows)

    def text(self, is_loaded: bool) -> bytes:
        """Write the figures of all workers in Prometheus' text format."""
        self._loaded.set(is_loaded)
        registry = self._prometheus.REGISTRY
        if FOLDER in os.environ:
            from prometheus_client.multiprocess import MultiProcessCollector

            registry = self._prometheus.CollectorRegistry()
            MultiProcessCollector(registry)
        return self._prometheus.generate_latest(registry)


def share_between_workers() -> None:
    """Make the folder by which the workers add up, before there are any."""
    os.environ[FOLDER] = tempfile.mkdtemp(prefix="metrics-")
