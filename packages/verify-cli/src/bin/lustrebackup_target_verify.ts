#!/usr/bin/env node
import { runCommand } from '@lustrebackup/core/cli/run-command'
import { targetVerify } from '../target-verify.js'

void runCommand(targetVerify)
