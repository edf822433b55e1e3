#!/usr/bin/env node
import { runCommand } from '@lustrebackup/core/cli/run-command'
import { snapshotCleanup } from '../snapshot-cleanup.js'

void runCommand(snapshotCleanup)
