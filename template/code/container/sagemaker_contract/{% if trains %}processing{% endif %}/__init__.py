"""A processing job, such as an evaluation: it reads folders, writes folders, and leaves a message if it fails."""
