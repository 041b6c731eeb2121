"""From a voice to phones, visemes and lip controls, without learned weights."""
