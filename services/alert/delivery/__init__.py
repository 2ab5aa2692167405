"""From a decided alert to a message that is surely there once: protocol, ledger, sender."""
