<?php

declare(strict_types=1);

namespace FinConnect\Example;

use Closure;
use RuntimeException;
use Throwable;

require __DIR__ . '/Orders.php';
require __DIR__ . '/SnsBeliever.php';

/** SNS repeats this for hours at most 256 KB long; its wrapping makes it a little longer. */
const MOST_BYTES = 512 * 1024;

/**
 * Takes one request that SNS posts, and gives the status to answer with. It is 200 only when the event is in the books:
 * anything else makes SNS send it again.
 *
 * @param Closure(string): string $fetch gets a text by HTTPS, or throws
 */
function receive(string $body, string $topicArn, Orders $orders, Closure $fetch): int
{
    try {
        $believer = new SnsBeliever($topicArn, $fetch);
        $message = $believer->read($body);
        if ($message['Type'] === 'SubscriptionConfirmation') {
            $believer->confirm($message);
        }
        if ($message['Type'] === 'Notification') {
            $event = json_decode($message['Message'], true, 64, JSON_THROW_ON_ERROR);
            $verdict = $orders->take($event['id'], $event['type'], $event['subject']);
            if ($verdict !== 'nothing') {
                error_log((string) json_encode(['verdict' => $verdict, 'externalId' => $event['subject']]));
            }
        }
        return 200;
    } catch (Throwable $error) {
        // Why, and never what: the message may be anybody's.
        error_log($error::class . ': ' . $error->getMessage());
        return $error instanceof NotBelieved ? 403 : 500;
    }
}

/** By HTTPS; SNS puts its certificates nowhere else. */
function fetchText(string $url): string
{
    $curl = curl_init($url);
    curl_setopt_array($curl, [
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT => 5,
        CURLOPT_PROTOCOLS => CURLPROTO_HTTPS,
    ]);
    $text = curl_exec($curl);
    if (!is_string($text) || curl_getinfo($curl, CURLINFO_RESPONSE_CODE) !== 200) {
        throw new RuntimeException('Amazon could not be reached');
    }
    return $text;
}
