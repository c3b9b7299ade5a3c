<?php

declare(strict_types=1);

namespace FinConnect\Example;

use JsonException;
use RuntimeException;

/** The payment was not accepted; $reason is the API's stable word for it. */
abstract class PaymentError extends RuntimeException
{
    /** @param array<string, mixed> $problem the API's answer, with `detail` and perhaps `errors` or `payment` */
    final public function __construct(public readonly string $reason, public readonly array $problem)
    {
        parent::__construct($reason . ': ' . (is_string($problem['detail'] ?? null) ? $problem['detail'] : ''));
    }
}

/** The provider said no, for good. Another attempt is a new payment with a new externalId. */
final class Refused extends PaymentError
{
}

/** The request is wrong, or its key: a person must mend the program. Nobody was asked. */
final class Faulty extends PaymentError
{
}

/** Nobody was asked so far. Call pay() again, later, with the same payment. */
final class NotSent extends PaymentError
{
}

/** Nobody knows. Call pay() again, later, with the same payment; never with a new externalId. */
final class Unknown extends PaymentError
{
}

/** One answer of the API; status 0 stands for none at all. */
final class Answer
{
    // An error of the server counts for what it says only if it is the API's own word.
    private const SERVER_CODES = ['internal_error', 'unavailable', 'provider_unavailable'];

    /** @param array<string, mixed> $body */
    public function __construct(
        public readonly int $status,
        public readonly array $body = [],
        public readonly ?int $retryAfter = null,
    ) {
    }

    /**
     * The API's stable word for a problem; whoever stands before the API may have none.
     *
     * Only a clear refusal (4xx but 408) says that nobody was asked. No answer, a time-out, another proxy's 5xx, or a
     * page where a payment should be: nobody knows, so the same is posted again.
     */
    public function code(): string
    {
        $told = $this->body['code'] ?? null;
        if ($this->status >= 400 && $this->status < 500 && $this->status !== 408) {
            return is_string($told) ? $told : "http_{$this->status}";
        }
        return in_array($told, self::SERVER_CODES, true) ? $told : 'unavailable';
    }

    /** Whether the body is a payment: a proxy may answer 200 with a page of its own. */
    public function isPayment(): bool
    {
        return in_array($this->status, [200, 202], true) && is_string($this->body['status'] ?? null);
    }
}

/**
 * Asking a payer for money through FinConnect.
 *
 * The rule is in pay(): while it is not known what became of a payment, the very same text is posted again, and never
 * another externalId: that would be another prompt and a second charge.
 */
final class PaymentsApi
{
    // The API answers within 29 seconds.
    private const TIMEOUT_SECONDS = 35;
    private const FIRST_WAIT_SECONDS = 1.0;
    private const LONGEST_WAIT_SECONDS = 30.0;
    // After these nobody knows whether the payer was asked: other answers say so by their code.
    private const IN_DOUBT = ['internal_error', 'unavailable', 'in_progress'];
    private const COME_AGAIN = [...self::IN_DOUBT, 'too_many_requests', 'provider_unavailable'];

    /** @param string $url the stack's output PaymentUrl */
    public function __construct(
        private readonly string $url,
        private readonly string $apiKey,
        private readonly float $patienceSeconds = 120.0,
    ) {
    }

    /**
     * Ask the payer once, however often it takes to be understood; gives back the payment.
     *
     * Store $payment before you call this. The answer's status is `pending` or `unknown` as a rule: the outcome comes
     * as an event. In a page that a person waits for, give it little patience, and go on in a queue.
     *
     * @param array<string, mixed> $payment
     * @return array<string, mixed>
     * @throws PaymentError Refused, Faulty, NotSent or Unknown
     */
    public function pay(array $payment): array
    {
        $body = json_encode($payment, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES);
        $deadline = microtime(true) + $this->patienceSeconds;
        $inDoubt = false;
        for ($wait = self::FIRST_WAIT_SECONDS; ; $wait = min(2 * $wait, self::LONGEST_WAIT_SECONDS)) {
            $answer = $this->send('POST', $this->url, $body);
            if ($answer->isPayment()) {
                return self::accepted($answer);
            }
            $code = $answer->code();
            if ($code === 'provider_refused') {
                throw new Refused($code, $answer->body);
            }
            // provider_unavailable: nothing was sent. The record itself says so, whatever was in doubt before.
            $inDoubt = in_array($code, self::IN_DOUBT, true) || ($inDoubt && $code !== 'provider_unavailable');
            $pause = $answer->retryAfter ?? self::jittered($wait);
            if (!in_array($code, self::COME_AGAIN, true) || microtime(true) + $pause > $deadline) {
                throw self::failure($answer, $inDoubt);
            }
            usleep((int) ($pause * 1_000_000));
        }
    }

    /**
     * The payment as it stands, or null if the API says that there is none.
     *
     * @return array<string, mixed>|null
     * @throws PaymentError for all else: nothing is known then
     */
    public function lookUp(string $externalId): ?array
    {
        $answer = $this->send('GET', $this->url . '/' . rawurlencode($externalId), null);
        return match (true) {
            $answer->isPayment() => $answer->body,
            $answer->code() === 'not_found' => null,
            default => throw self::failure($answer, true),
        };
    }

    private function send(string $method, string $url, ?string $body): Answer
    {
        $retryAfter = null;
        $curl = curl_init($url);
        curl_setopt_array($curl, [
            CURLOPT_CUSTOMREQUEST => $method,
            CURLOPT_HTTPHEADER => ["x-api-key: {$this->apiKey}", 'Content-Type: application/json'],
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_TIMEOUT => self::TIMEOUT_SECONDS,
            CURLOPT_HEADERFUNCTION => function ($_, string $line) use (&$retryAfter): int {
                if (preg_match('/^retry-after:\s*(\d+)\s*$/i', $line, $found)) {
                    $retryAfter = (int) $found[1];
                }
                return strlen($line);
            },
        ] + ($body === null ? [] : [CURLOPT_POSTFIELDS => $body]));
        $text = curl_exec($curl);
        // No connection, a broken one, or no answer in time: it may have arrived all the same.
        if (!is_string($text)) {
            return new Answer(0);
        }
        return new Answer((int) curl_getinfo($curl, CURLINFO_RESPONSE_CODE), self::readObject($text), $retryAfter);
    }

    /**
     * A repeated request for a payment that was refused is answered with the payment as it stands.
     *
     * @return array<string, mixed>
     */
    private static function accepted(Answer $answer): array
    {
        if (($answer->body['status'] ?? null) === 'rejected') {
            throw new Refused('provider_refused', ['detail' => $answer->body['message'] ?? '']);
        }
        return $answer->body;
    }

    /** What an answer means that is not a success, and that ends the attempts. */
    private static function failure(Answer $answer, bool $inDoubt): PaymentError
    {
        $code = $answer->code();
        if ($inDoubt) {
            return new Unknown($code, $answer->body);
        }
        $mayComeAgain = in_array($code, self::COME_AGAIN, true);
        return $mayComeAgain ? new NotSent($code, $answer->body) : new Faulty($code, $answer->body);
    }

    /** So that a thousand callers who were turned away together do not come back together. */
    private static function jittered(float $seconds): float
    {
        return $seconds * random_int(500, 1000) / 1000;
    }

    /**
     * A JSON object; an empty one for whatever else a proxy on the way may have answered.
     *
     * @return array<string, mixed>
     */
    private static function readObject(string $text): array
    {
        try {
            $value = json_decode($text, true, 64, JSON_THROW_ON_ERROR);
        } catch (JsonException) {
            return [];
        }
        return is_array($value) ? $value : [];
    }
}
