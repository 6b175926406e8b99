use crate::Cloud;
use crate::api::operation::{Operation, Resource};

/// The operations of Lambda.
#[rustfmt::skip]
pub(crate) static OPERATIONS: [Operation<Cloud>; 5] = [
    Operation::reads("ListFunctions", Resource::Any, |cloud, _, input| cloud.list_functions(input)),
    Operation::reads("GetFunction", Resource::Any, |cloud, _, input| cloud.get_function(input)),
    Operation::reads("GetFunctionConfiguration", Resource::Any, |cloud, _, input| cloud.get_function_configuration(input)),
    Operation::adds("AddPermission", Resource::Any, |cloud, _, input| cloud.add_permission(input)),
    Operation::adds("Invoke", Resource::Function, Cloud::invoke_asynchronously).action("lambda:InvokeFunction"),
];
