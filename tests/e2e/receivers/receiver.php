<?php

/**
 * The PHP example's page, with Amazon's servers played by this machine: the certificate is a file, and a subscription
 * is confirmed at the emulator. Everything else is the example's own.
 */

declare(strict_types=1);

namespace FinConnect\Example;

require __DIR__ . '/../../../examples/php/receiver.php';

$fetch = function (string $url): string {
    $isCertificate = str_ends_with($url, '.pem');
    $place = getenv($isCertificate ? 'CERTIFICATE' : 'EMULATOR') . ($isCertificate ? '' : '?' . parse_url($url, PHP_URL_QUERY));
    return file_get_contents($place) ?: throw new \RuntimeException('not there');
};
$body = (string) file_get_contents('php://input', length: MOST_BYTES);
$orders = new Orders((string) getenv('JOURNAL'));
http_response_code(receive($body, (string) getenv('TOPIC_ARN'), $orders, $fetch));
