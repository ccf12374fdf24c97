# After a cell that misses a module, what `reinstall-packages` knows of packages for another Python.
def _notice(result):
    import subprocess

    if isinstance(result.error_in_exec, ModuleNotFoundError):
        notice = subprocess.run(["reinstall-packages", "--notice"], capture_output=True, text=True)
        print(notice.stdout, end="")


get_ipython().events.register("post_run_cell", _notice)  # noqa: F821  # pyright: ignore[reportUndefinedVariable]
del _notice
