"""Where the project is: the folder that everything else is found from."""

from pathlib import Path


def find_root(start: Path | None = None) -> Path:
    """Return the project's top folder: the nearest one above *start* (or here) that holds ``notebooks/`` and ``data/``.

    A rendered report holds both too, beside its manifest, and is passed over: its notebooks run from where they lie.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        is_report = (folder / "manifest.json").is_file()
        if (folder / "notebooks").is_dir() and (folder / "data").is_dir() and not is_report:
            return folder
    raise FileNotFoundError(
        f"{here}: no folder here or above holds notebooks/ and data/; start from the project's folder"
    )
