<?php

declare(strict_types=1);

namespace FinConnect\Example;

use Closure;
use JsonException;
use RuntimeException;

/** The message must not be believed. */
final class NotBelieved extends RuntimeException
{
}

/**
 * Believing a message of Amazon SNS that came to an HTTPS address which anybody can post to.
 *
 * A message is believed if it names the one topic that is expected, and if its signature fits a certificate that
 * Amazon's own server for that topic's region hands out. The address of the certificate stands in the message, so it is
 * the first thing that a forger would change: nothing is fetched before it was compared.
 */
final class SnsBeliever
{
    // In this order, and Subject only where there is one.
    private const SIGNED = [
        'Notification' => ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
        'SubscriptionConfirmation' => [
            'Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type',
        ],
        'UnsubscribeConfirmation' => [
            'Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type',
        ],
    ];
    // A busy page keeps the certificate by its address (APCu, a file): a new one has a new address.
    private const CERTIFICATE_PATH = '~^/SimpleNotificationService-[0-9a-f]+\.pem$~D';

    private readonly string $host;

    /** @param Closure(string): string $fetch gets a text by HTTPS, or throws */
    public function __construct(private readonly string $topicArn, private readonly Closure $fetch)
    {
        [, $partition, , $region] = explode(':', $topicArn);
        $this->host = "sns.$region.amazonaws.com" . ($partition === 'aws-cn' ? '.cn' : '');
    }

    /**
     * The message in a request's body.
     *
     * @return array<string, string>
     * @throws NotBelieved, or what the fetching throws: then answer 500, and it comes again
     */
    public function read(string $body): array
    {
        $message = self::textFields($body);
        if (($message['TopicArn'] ?? '') !== $this->topicArn) {
            throw new NotBelieved('another topic');
        }
        // Version 1 is SHA-1. The stack's topic signs with version 2.
        if (($message['SignatureVersion'] ?? '') !== '2') {
            throw new NotBelieved('another signature version');
        }
        $certificate = ($this->fetch)($this->checked($message['SigningCertURL'] ?? '', self::CERTIFICATE_PATH));
        $signature = (string) base64_decode($message['Signature'] ?? '', true);
        if (openssl_verify(self::signedText($message), $signature, self::key($certificate), OPENSSL_ALGO_SHA256) !== 1) {
            throw new NotBelieved('the signature does not fit');
        }
        return $message;
    }

    /**
     * Visits the address by which the topic is told that we want its messages.
     *
     * @param array<string, string> $message
     */
    public function confirm(array $message): void
    {
        ($this->fetch)($this->checked($message['SubscribeURL'] ?? '', '~^/$~D'));
    }

    private function checked(string $url, string $path): string
    {
        $parts = parse_url($url) ?: [];
        $isAmazons = ($parts['scheme'] ?? '') === 'https' && ($parts['host'] ?? '') === $this->host
            && !isset($parts['port']) && !isset($parts['user']) && !isset($parts['pass']);
        if (!$isAmazons || preg_match($path, $parts['path'] ?? '') !== 1) {
            throw new NotBelieved("an address that is not Amazon's");
        }
        return $url;
    }

    private static function key(string $certificate): \OpenSSLAsymmetricKey
    {
        $facts = openssl_x509_parse($certificate) ?: throw new RuntimeException('no certificate');
        if (time() < $facts['validFrom_time_t'] || time() > $facts['validTo_time_t']) {
            throw new NotBelieved('the certificate is not valid now');
        }
        return openssl_pkey_get_public($certificate) ?: throw new RuntimeException('a certificate without a key');
    }

    /** @param array<string, string> $message */
    private static function signedText(array $message): string
    {
        $names = self::SIGNED[$message['Type'] ?? ''] ?? throw new NotBelieved('an unknown type of message');
        $there = array_filter($names, fn(string $name): bool => isset($message[$name]));
        return implode('', array_map(fn(string $name): string => "$name\n{$message[$name]}\n", $there));
    }

    /**
     * Only texts: what is signed is text.
     *
     * @return array<string, string>
     */
    private static function textFields(string $body): array
    {
        try {
            $fields = json_decode($body, true, 16, JSON_THROW_ON_ERROR);
        } catch (JsonException) {
            throw new NotBelieved('not JSON');
        }
        return array_filter(is_array($fields) ? $fields : [], is_string(...));
    }
}
