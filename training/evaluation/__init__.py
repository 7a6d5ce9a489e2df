"""How good captions are: against references, against facts, and beside their floors."""
