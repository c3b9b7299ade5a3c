<?php

/**
 * `php pay.php ORDER NUMBER AMOUNT NETWORK`: one payment, from the command line.
 *
 * PAYMENT_URL and API_KEY are in the environment. Prints what came of it as one line of JSON.
 */

declare(strict_types=1);

use FinConnect\Example\PaymentError;
use FinConnect\Example\PaymentsApi;

require __DIR__ . '/PaymentsApi.php';

[, $externalId, $accountNumber, $amount, $network] = $argv;
$patience = (float) (getenv('PATIENCE_SECONDS') ?: '120');
$api = new PaymentsApi((string) getenv('PAYMENT_URL'), (string) getenv('API_KEY'), $patience);

try {
    $accepted = $api->pay([
        'accountNumber' => $accountNumber,
        'amount' => $amount,
        'currency' => 'TZS',
        'externalId' => $externalId,
        'provider' => $network,
    ]);
    echo json_encode(['outcome' => 'Accepted', 'status' => $accepted['status']]), "\n";
} catch (PaymentError $error) {
    $kind = (new ReflectionClass($error))->getShortName();
    echo json_encode(['outcome' => $kind, 'code' => $error->reason]), "\n";
    exit(1);
}
