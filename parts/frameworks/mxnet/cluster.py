"""How the MXNet processes of several hosts would find each other: they do not."""

REFUSAL = "MXNet, last released in 2022, shares a fit only through a scheduler and parameter servers beside the workers"
