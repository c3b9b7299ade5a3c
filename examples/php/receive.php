<?php

/**
 * The page to which SNS posts the events: put it behind your web server, under HTTPS.
 *
 * TOPIC_ARN and JOURNAL are in the environment.
 */

declare(strict_types=1);

namespace FinConnect\Example;

require __DIR__ . '/receiver.php';

$body = (string) file_get_contents('php://input', length: MOST_BYTES);
$orders = new Orders((string) getenv('JOURNAL'));
http_response_code(receive($body, (string) getenv('TOPIC_ARN'), $orders, fetchText(...)));
