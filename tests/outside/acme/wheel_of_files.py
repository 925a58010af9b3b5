"""The smallest build backend: a wheel of the package's files, so that nothing has to be fetched to install it."""

import tomllib
from pathlib import Path
from zipfile import ZipFile

HERE = Path(__file__).parent


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """Write the wheel; return its name (PEP 517)."""
    project = tomllib.loads((HERE / "pyproject.toml").read_text())["project"]
    stem = f"{project['name'].replace('-', '_')}-{project['version']}"
    info, name = f"{stem}.dist-info", f"{stem}-py3-none-any.whl"
    points = [
        line
        for group, entries in project["entry-points"].items()
        for line in (f"[{group}]", *(f"{key} = {value}" for key, value in entries.items()))
    ]
    with ZipFile(Path(wheel_directory) / name, "w") as wheel:
        for file in sorted((HERE / "acme_remediator").glob("*.py")):
            wheel.write(file, f"acme_remediator/{file.name}")
        metadata = (
            f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
        )
        wheel.writestr(f"{info}/METADATA", metadata)
        wheel.writestr(f"{info}/entry_points.txt", "\n".join(points) + "\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")
    return name
