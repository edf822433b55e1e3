#!/usr/bin/env node
import { runCommand } from '@lustrebackup/core/cli/run-command'
import { snapshotMount } from '../snapshot-mount.js'

void runCommand(snapshotMount)
