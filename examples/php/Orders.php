<?php

declare(strict_types=1);

namespace FinConnect\Example;

use RuntimeException;

/**
 * What a shop does with an event, once: however often, and in whatever order, events come.
 *
 * The rules are the same in every language:
 * - an event whose id was seen before changes nothing;
 * - goods are delivered once for an externalId, when it succeeded;
 * - `succeeded` wins: a failure that comes later changes nothing, a success after one delivers;
 * - an event that only a person can judge is put before a person;
 * - an event of an unknown type is ignored: new types may be added.
 *
 * The shop's books are here a journal with one line for each event, which one request at a time may read and write. A
 * shop that has a database makes one transaction of it: the event's id, the order's state and the delivery note, or
 * none of them.
 */
final class Orders
{
    private const SUCCEEDED = 'payment.succeeded';
    private const NOT_PAID = ['payment.failed', 'payment.rejected'];
    private const FOR_A_PERSON = [
        'payment.unresolved',
        'payment.mismatch',
        'payment.conflict',
        'callback.unmatched',
    ];

    public function __construct(private readonly string $path)
    {
    }

    /**
     * Do what the event asks for, once. When this returns, it is written and will stay so; if it throws, do not
     * acknowledge the message, and it comes again.
     *
     * @return 'deliver'|'give up'|'look'|'nothing'
     */
    public function take(string $id, string $type, string $externalId): string
    {
        $file = fopen($this->path, 'c+') ?: throw new RuntimeException('the journal cannot be opened');
        try {
            flock($file, LOCK_EX) || throw new RuntimeException('the journal cannot be locked');
            $entries = self::entries($file);
            foreach ($entries as $entry) {
                if ($entry['id'] === $id) {
                    return 'nothing';
                }
            }
            $verdict = self::judge($type, self::verdictsOf($externalId, $entries));
            $line = json_encode(compact('id', 'type', 'externalId', 'verdict'), JSON_THROW_ON_ERROR) . "\n";
            $isWritten = fwrite($file, $line) === strlen($line) && fflush($file) && fsync($file);
            return $isWritten ? $verdict : throw new RuntimeException('the journal cannot be written');
        } finally {
            fclose($file); // which also unlocks it
        }
    }

    /**
     * The lines so far; afterwards the file's position is where the next one goes.
     *
     * @param resource $file
     * @return list<array{id: string, type: string, externalId: string, verdict: string}>
     */
    private static function entries($file): array
    {
        $text = (string) stream_get_contents($file);
        $whole = substr($text, 0, (int) strrpos("\n" . $text, "\n"));
        // What was being written when the power went out was not acknowledged, and comes again.
        ftruncate($file, strlen($whole));
        fseek($file, strlen($whole));
        $lines = array_filter(explode("\n", $whole), fn(string $line): bool => $line !== '');
        return array_map(
            fn(string $line): array => json_decode($line, true, 8, JSON_THROW_ON_ERROR),
            array_values($lines),
        );
    }

    /**
     * @param list<array{id: string, type: string, externalId: string, verdict: string}> $entries
     * @return list<string>
     */
    private static function verdictsOf(string $externalId, array $entries): array
    {
        $own = array_filter($entries, fn(array $entry): bool => $entry['externalId'] === $externalId);
        return array_values(array_column($own, 'verdict'));
    }

    /**
     * @param list<string> $before
     * @return 'deliver'|'give up'|'look'|'nothing'
     */
    private static function judge(string $type, array $before): string
    {
        $isDelivered = in_array('deliver', $before, true);
        $isGivenUp = in_array('give up', $before, true);
        return match (true) {
            $type === self::SUCCEEDED => $isDelivered ? 'nothing' : 'deliver',
            in_array($type, self::NOT_PAID, true) => $isDelivered || $isGivenUp ? 'nothing' : 'give up',
            in_array($type, self::FOR_A_PERSON, true) => 'look',
            default => 'nothing',
        };
    }
}
