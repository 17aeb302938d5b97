"""Evolve the neurons of a random network on gymnax's Acrobot: two links swing until the lower one's tip is high enough.

Each step costs 1, so that a return of -100 is a swing-up in 100 steps; -500 is none.
Run `.venv/bin/python examples/acrobot.py`.
"""

import jax

import hetsnn


def main(generations: int = 40) -> None:
    """Train, and print the curve."""
    task = hetsnn.tasks.gymnax("Acrobot-v1")
    method = hetsnn.Evolution(population=64, generations=generations, sigma=0.3, learning_rate=0.1)
    architecture = hetsnn.Architecture(hidden=32, gain=2.0)
    trained = hetsnn.train(task, method, architecture, key=jax.random.key(0))
    for generation, reward in list(enumerate(trained.curve["mean"]))[:: max(1, generations // 8)]:
        print(f"generation {generation:3d}: mean return {reward:6.1f}  {'#' * int((reward + 500) / 10)}")
    print(f"evolved network: mean return {trained.final['reward']:.1f} over {task.test_episodes} episodes")
    print(f"its time constants: from {trained.properties.tau_m.min():.1f} to {trained.properties.tau_m.max():.1f} dt")


if __name__ == "__main__":
    main()
