#!/usr/bin/env node
import { runCommand } from '@lustrebackup/core/cli/run-command'
import { sourceVerifyInit } from '../source-verify-init.js'

void runCommand(sourceVerifyInit)
