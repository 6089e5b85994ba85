"""An execution of a Marketo service, stage by stage; each file is a state of the state machine."""
