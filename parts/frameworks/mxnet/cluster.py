"""How the MXNet processes of several hosts would find each other: they do not."""

REFUSAL = "MXNet shares a fit only through a scheduler and parameter servers beside the workers; its last release is of 2022"
