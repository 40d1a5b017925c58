"""How cases of several kinds change the JSON file that they are about."""


def setting(**values):
    """Writes keys into the file; None removes one."""
    def change(config):
        for key, value in values.items():
            config.pop(key, None)
            if value is not None:
                config[key] = value
    return change
