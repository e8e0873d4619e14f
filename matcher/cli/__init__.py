"""The command line: `python -m matcher …`."""

import click

from matcher.cli import bench, data, database, learning, mail, matching, projects, quality, server


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def main() -> None:
    """Matchmaking platform for technology transfer. Settings come from the environment or a .env file."""


for command in (
    database.db,
    data.seed,
    data.import_items,
    data.export_items,
    matching.sync,
    matching.match,
    matching.search,
    projects.topics,
    matching.doctor,
    quality.evaluate,
    bench.bench,
    learning.simulate,
    learning.train,
    server.demo,
    server.serve,
    server.worker,
    mail.mail,
):
    main.add_command(command)
