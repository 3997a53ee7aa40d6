"""Engines that several apps instantiate: cascades of actions that an event sets going, each with its clock."""
