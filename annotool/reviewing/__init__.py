"""Review in the FiftyOne App: findings go in, a person's decisions come back. Only this room knows fiftyone."""
