"""The whole product, deployed on this machine, for as long as a `with` block lasts."""

import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from types import TracebackType
from typing import Self

from local.aws import LocalAws
from local.deployed import (
    put_credentials,
    read_api_key,
    read_outputs,
    read_webhook_secret,
)
from local.errors import MissingProgram, PortTaken
from local.events import EventQueue
from local.ministack import start_ministack
from local.outputs import SECRET_PLACEHOLDER, StackOutputs, local_url
from local.paths import PROJECT, ProjectPaths
from local.payments import PaymentsClient
from local.ports import choose_port
from local.processes import Supervisor
from local.progress import Progress, Silent, Stopwatch
from local.run_folder import RunFolder
from local.sam import SamCli, machine_architecture
from local.settings import AWS_PORT_VARIABLE, SIMULATOR_PORT_VARIABLE, LocalSettings
from local.simulator import SimulatorControl, start_simulator

STACK_NAME = "finconnect-local"


class LocalStack:
    """Emulator, stand-in and deployed stack.

    Started by `with`, and stopped at its end whatever happened, by the ids of the processes that
    were started. The run's folder goes too, except for the logs when the start failed, and except
    with `settings.keep`.
    """

    def __init__(
        self,
        settings: LocalSettings | None = None,
        *,
        progress: Progress | None = None,
        parameters: Mapping[str, str] | None = None,
        has_credentials: bool = True,
        callback_delay: float = 1.0,
        paths: ProjectPaths = PROJECT,
    ) -> None:
        """Prepares the run's folder; nothing is started yet.

        `parameters` are added to the template's. Without `has_credentials` the secret keeps its
        placeholder. `callback_delay` is the stand-in's, in seconds.
        """
        self._settings = settings or LocalSettings()
        self._progress = progress or Silent()
        self._extra_parameters = dict(parameters or {})
        self._has_credentials = has_credentials
        self._callback_delay = callback_delay
        self._paths = paths
        self._supervisor = Supervisor()
        self._stopwatch = Stopwatch(self._progress)
        self._connections = ExitStack()
        self._keeps_logs = False
        self.folder = RunFolder.create(paths.local)

    name = STACK_NAME
    aws: LocalAws
    simulator: SimulatorControl
    outputs: StackOutputs
    api_key: str
    webhook_secret: str

    def __enter__(self) -> Self:
        """Starts everything. Raises LocalStackError, having stopped whatever had been started."""
        try:
            self._start()
        except BaseException as error:
            self._keeps_logs = is_worth_logs(error)
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stops everything."""
        self.stop()

    @property
    def seconds(self) -> dict[str, float]:
        """How long each step of the start took."""
        return dict(self._stopwatch.seconds)

    @property
    def payment_url(self) -> str:
        """Where payments are posted, on the emulator."""
        return local_url(self.outputs.payment_url, self.aws.endpoint)

    @property
    def webhook_url(self) -> str:
        """Where the provider sends callbacks, with the secret."""
        return self.webhook_url_with(self.webhook_secret)

    def webhook_url_with(self, secret: str) -> str:
        """The callback URL with any secret."""
        template = self.outputs.webhook_url_template.removesuffix(SECRET_PLACEHOLDER)
        return f"{local_url(template, self.aws.endpoint)}/{secret}"

    def physical_id(self, logical_id: str) -> str:
        """The name, or the URL, of one of the template's resources."""
        detail = self.aws.cloudformation.describe_stack_resource(
            StackName=self.name, LogicalResourceId=logical_id
        )
        return detail["StackResourceDetail"]["PhysicalResourceId"]

    def client(self) -> PaymentsClient:
        """A merchant with the API key."""
        return PaymentsClient(self.payment_url, self.api_key)

    def deploy_again(self, parameters: Mapping[str, str] | None = None) -> None:
        """Deploys what lies in the run's build folder over what runs, as a new release.

        `parameters` replace those of the start. Raises StepFailed and StepTimedOut with the log.
        """
        self._extra_parameters |= parameters or {}
        sam = SamCli(self._paths, self.folder, self._supervisor)
        sam.deploy(self.aws.endpoint, self.name, self._parameters())

    def subscribe(self, types: tuple[str, ...] = ()) -> EventQueue:
        """A new queue that gets every event of the topic, or those of the given types."""
        name = f"subscriber-{uuid.uuid4().hex[:12]}"
        return EventQueue.subscribe(self.aws, self.outputs.event_topic_arn, name, types)

    def put_credentials(self) -> None:
        """Puts the stand-in's credentials into the secret; the next payment uses them."""
        put_credentials(self.aws, self.outputs)

    def redeploy(self, parameters: Mapping[str, str]) -> None:
        """Deploys the build again, with these parameters besides. Raises LocalStackError."""
        self._extra_parameters |= parameters
        sam = SamCli(self._paths, self.folder, self._supervisor)
        sam.deploy(self.aws.endpoint, self.name, self._parameters())

    def keep_logs(self) -> None:
        """At the end the logs stay, for somebody to look at."""
        self._keeps_logs = True

    def stop(self) -> None:
        """Ends every process and removes the run's folder. May be called more than once."""
        self._supervisor.stop_all()
        self._connections.close()
        if self._settings.keep:
            return
        if self._keeps_logs:
            self.folder.remove_all_but_logs()
        else:
            self.folder.remove()

    def _start(self) -> None:
        sam = SamCli(self._paths, self.folder, self._supervisor)
        with ThreadPoolExecutor(max_workers=3, thread_name_prefix="local-stack") as pool:
            try:
                self._deploy(pool, sam)
                self._connect(pool)
            except BaseException:
                # The pool waits for its threads, and they wait for the processes.
                self._supervisor.stop_all()
                raise

    def _deploy(self, pool: ThreadPoolExecutor, sam: SamCli) -> None:
        aws_port, simulator_port = self._choose_ports()
        build = pool.submit(self._timed_build, sam)
        emulator = pool.submit(self._timed_ministack, aws_port)
        stand_in = pool.submit(self._timed_simulator, simulator_port)
        self.simulator = self._connections.enter_context(closing(stand_in.result()))
        self.aws = self._connections.enter_context(closing(LocalAws(emulator.result())))
        build.result()
        pool.submit(self._timed_deploy, sam).result()
        self.outputs = read_outputs(self.aws, self.name)

    def _connect(self, pool: ThreadPoolExecutor) -> None:
        with self._stopwatch.step("credentials, webhook URL, API key"):
            key = pool.submit(read_api_key, self.aws, self.outputs)
            secret = pool.submit(read_webhook_secret, self.aws, self.outputs)
            if self._has_credentials:
                pool.submit(self.put_credentials).result()
            self.api_key = key.result()
            self.webhook_secret = secret.result()
            self.simulator.send_callbacks_to(self.webhook_url)

    def _timed_build(self, sam: SamCli) -> None:
        with self._stopwatch.step("sam build"):
            sam.build()

    def _choose_ports(self) -> tuple[int, int]:
        """The emulator's port, and the stand-in's (0: it chooses itself). Raises PortTaken."""
        asked, usual = self._settings.aws_port, self._settings.usual_aws_port
        port = choose_port(AWS_PORT_VARIABLE, asked=asked, usual=usual)
        if asked is None and usual not in (None, port):
            text = f"port {usual} is in use, so {port} is taken ({AWS_PORT_VARIABLE} sets it)"
            self._progress.note(text)
        wanted = self._settings.simulator_port
        return port, 0 if wanted is None else choose_port(SIMULATOR_PORT_VARIABLE, asked=wanted)

    def _timed_ministack(self, port: int) -> str:
        with self._stopwatch.step(f"AWS emulator (MiniStack) on port {port}"):
            return start_ministack(self._supervisor, self.folder, port)

    def _timed_simulator(self, port: int) -> SimulatorControl:
        with self._stopwatch.step("AzamPay simulator"):
            return start_simulator(
                self._supervisor,
                self.folder,
                self._paths.root,
                port=port,
                callback_delay=self._callback_delay,
                asks_phone=self._settings.asks_phone,
            )

    def _timed_deploy(self, sam: SamCli) -> None:
        with self._stopwatch.step("sam deploy"):
            sam.deploy(self.aws.endpoint, self.name, self._parameters())

    def _parameters(self) -> dict[str, str]:
        return {
            "Environment": "local",
            "Architecture": machine_architecture(),
            "AzampayAuthenticatorUrl": self.simulator.base_url,
            "AzampayCheckoutUrl": self.simulator.base_url,
            **self._extra_parameters,
        }


def is_worth_logs(error: BaseException) -> bool:
    """Whether somebody will look into the logs: not where the text says it all, nor at Ctrl-C."""
    is_plain = isinstance(error, PortTaken | MissingProgram)
    return isinstance(error, Exception) and not is_plain
