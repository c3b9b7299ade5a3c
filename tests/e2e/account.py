"""One AWS account in one region, with as many stacks in it as a test deploys."""

import json
import uuid
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any, Self

import httpx

from local.aws import LocalAws
from local.deployed import put_credentials, read_api_key, read_outputs, read_webhook_secret
from local.events import EventQueue
from local.function_logs import read_log_group
from local.ministack import start_ministack
from local.outputs import SECRET_PLACEHOLDER, StackOutputs, local_url
from local.paths import PROJECT
from local.payments import PaymentsClient
from local.ports import choose_port
from local.processes import Supervisor
from local.run_folder import RunFolder
from local.sam import SamCli, machine_architecture
from local.simulator import SimulatorControl, start_simulator
from tests.e2e.sam_terminal import SamTerminal

CALLBACK_DELAY = 0.3


@dataclass(frozen=True)
class Tenant:
    """One stack of the account, its provider's stand-in, and a subscriber."""

    name: str
    aws: LocalAws
    outputs: StackOutputs
    api_key: str
    webhook_url: str
    simulator: SimulatorControl
    merchant: PaymentsClient
    events: EventQueue

    @property
    def payment_url(self) -> str:
        """Where payments are posted."""
        return local_url(self.outputs.payment_url, self.aws.endpoint)

    def resources(self) -> dict[str, str]:
        """The physical ids of its resources, by their logical ids."""
        pages = self.aws.cloudformation.get_paginator("list_stack_resources")
        return {
            each["LogicalResourceId"]: each["PhysicalResourceId"]
            for page in pages.paginate(StackName=self.name)
            for each in page["StackResourceSummaries"]
        }

    def send(self, order: dict[str, Any]) -> httpx.Response:
        """Has the stand-in send one callback; what the webhook answered."""
        answer = self.simulator.send_callback(order)["deliveries"][0]["answer"]
        return httpx.Response(answer["status"], text=answer["body"])


class Account:
    """The emulator of one region, empty at first. For a `with` block."""

    def __init__(self, region: str) -> None:
        self.region = region
        self.folder = RunFolder.create(PROJECT.local)
        self._supervisor = Supervisor()
        self._closing = ExitStack()

    aws: LocalAws
    sam: SamTerminal

    def __enter__(self) -> Self:
        try:
            port = choose_port("unused")
            endpoint = start_ministack(self._supervisor, self.folder, port, self.region)
            self.aws = self._closing.enter_context(closing(LocalAws(endpoint, self.region)))
            self.sam = SamTerminal(endpoint, self.folder.temporary, self.region)
            SamCli(PROJECT, self.folder, self._supervisor).build()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends everything."""
        self._closing.close()
        self._supervisor.stop_all()
        self.folder.remove()

    @property
    def template(self) -> str:
        """What was built."""
        return str(self.folder.build / "template.yaml")

    def new_simulator(self, name: str) -> SimulatorControl:
        """A stand-in of its own for a stack: another app at AzamPay's."""
        folder = RunFolder.create(self.folder.path / name)
        started = start_simulator(
            self._supervisor,
            folder,
            PROJECT.root,
            port=0,
            callback_delay=CALLBACK_DELAY,
            asks_phone=False,
        )
        return self._closing.enter_context(closing(started))

    def parameters(self, simulator: SimulatorControl) -> dict[str, str]:
        """What a stack on this machine needs."""
        return {
            "Environment": "local",
            "Architecture": machine_architecture(),
            "AzampayAuthenticatorUrl": simulator.base_url,
            "AzampayCheckoutUrl": simulator.base_url,
        }

    def counted(self, tenant: Tenant, metric: str) -> list[dict[str, str]]:
        """The dimensions under which a stack's webhook has counted `metric`, time by time.

        Read from what it printed, as CloudWatch does; the emulator does not.
        """
        group = tenant.resources()["WebhookLogGroup"]
        found = []
        for line in read_log_group(self.aws, group):
            if '"_aws"' in line and f'"{metric}"' in line:
                told = json.loads(line[line.index("{") :])
                (directive,) = told["_aws"]["CloudWatchMetrics"]
                found.append({name: told[name] for name in directive["Dimensions"][0]})
        return found

    def tenant(self, name: str, simulator: SimulatorControl) -> Tenant:
        """A deployed stack, ready: credentials in, URL registered, somebody subscribed."""
        outputs = read_outputs(self.aws, name)
        put_credentials(self.aws, outputs)
        secret = read_webhook_secret(self.aws, outputs)
        template = outputs.webhook_url_template.removesuffix(SECRET_PLACEHOLDER)
        webhook_url = f"{local_url(template, self.aws.endpoint)}/{secret}"
        simulator.send_callbacks_to(webhook_url)
        key = read_api_key(self.aws, outputs)
        client = PaymentsClient(local_url(outputs.payment_url, self.aws.endpoint), key)
        return Tenant(
            name=name,
            aws=self.aws,
            outputs=outputs,
            api_key=key,
            webhook_url=webhook_url,
            simulator=simulator,
            merchant=self._closing.enter_context(closing(client)),
            events=EventQueue.subscribe(
                self.aws, outputs.event_topic_arn, f"subscriber-{uuid.uuid4().hex[:12]}"
            ),
        )
