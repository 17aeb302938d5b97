"""Tasks, one in each file, which score networks; and any environment of gymnax or Brax, by its name."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import hetsnn.tasks.brax_tasks
    import hetsnn.tasks.gymnax_tasks

# Imports stand inside: both libraries start JAX, and Brax takes seconds.


def gymnax(name: str, **settings: Any) -> "hetsnn.tasks.gymnax_tasks.GymnaxTask":
    """Return the task of an environment of gymnax; by default, episodes have the environment's own limit of steps.

    Args:
        name: one of `gymnax.registered_envs`.
        settings: fields of `hetsnn.tasks.gymnax_tasks.GymnaxTask` in place of their defaults.

    Raises:
        InputError: the environment is unknown, or a setting is invalid.

    Example:
        >>> import hetsnn
        >>> task = hetsnn.tasks.gymnax("Acrobot-v1", limit=200)
        >>> task.inputs, task.outputs, task.discrete, task.limit
        (6, 3, True, 200)
    """
    from hetsnn.tasks.gymnax_tasks import GymnaxTask, own_limit

    limit = settings.pop("limit", None)
    task = GymnaxTask(name, own_limit(name) if limit is None else limit, **settings)
    task.check()
    return task


def brax(name: str, **settings: Any) -> "hetsnn.tasks.brax_tasks.BraxTask":
    """Return the task of an environment of Brax, by default with the physics named spring and 1,000 steps at most.

    Args:
        name: name of an environment that Brax registers.
        settings: fields of `hetsnn.tasks.brax_tasks.BraxTask` in place of their defaults.

    Raises:
        InputError: the environment is unknown, a setting is invalid, or Brax is not installed.

    Example:
        >>> import hetsnn
        >>> task = hetsnn.tasks.brax("reacher")
        >>> task.inputs, task.outputs, task.discrete, task.backend
        (11, 2, False, 'spring')
    """
    from hetsnn.tasks.brax_tasks import BraxTask

    task = BraxTask(name, **settings)
    task.check()
    return task
