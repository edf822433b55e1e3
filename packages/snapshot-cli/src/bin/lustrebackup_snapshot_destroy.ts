#!/usr/bin/env node
import { runCommand } from '@lustrebackup/core/cli/run-command'
import { snapshotDestroy } from '../snapshot-destroy.js'

void runCommand(snapshotDestroy)
