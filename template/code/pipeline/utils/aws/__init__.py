"""Amazon Web Services: objects, secrets, and what goes wrong there in plain words."""
