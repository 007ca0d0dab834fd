"""What Python's garbage collector looks at. Knows no model."""

import gc


def spare_what_is_loaded() -> None:
    """Have the collector never look again at what is there now; call it once, when everything is loaded.

    Sentence templates alone are 75,000 objects that live as long as the program. Looking through all of them takes
    70 ms, in which nobody is heard, and it happens whenever a large house is understood a few times.
    """
    gc.collect()
    gc.freeze()
